"""The demo: forecasts in one data centre minus observations in another, with and without pools.

data         real files, made once into the folders that become each site's volume
calculation  what is asked, in ordinary xarray; knows nothing of Dask or of places
client       runs in the notebook pod: opens, computes, measures
minimum      how few bytes would have done
report       table, pictures
run          the whole way: data centres, `pulumi up`, the runs, the report
"""
