"""One Dask cluster over several data centres: work runs where the data is."""
