"""Pictures of a stack, as text: Mermaid for a page or a comment that renders it, SVG for everything else.

    sites.mermaid(environment), sites.svg(environment)    sites, tunnels, pools and data: from the stack files alone
    resources.mermaid(graph), resources.svg(graph)        what Pulumi is asked for, by component: from a recorded graph

The same input gives the same text. Whatever a name or a path holds, it cannot leave its label (`escape`).
"""
