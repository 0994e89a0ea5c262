"""How the pages look."""

from __future__ import annotations

__all__ = ["CSS"]

CSS = """
:root { color-scheme: light dark; --line: #8884; --quiet: #777; --accent: #0b6bcb; }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; }
header { display: flex; gap: 1rem; align-items: center; padding: .6rem 1.2rem; border-bottom: 1px solid var(--line); }
header form { flex: 1; max-width: 30rem; }
header input { width: 100%; padding: .35rem .6rem; font: inherit; border: 1px solid var(--line); border-radius: .4rem; }
header > :last-child { margin-left: auto; }
main { max-width: 75rem; margin: 0 auto; padding: 1rem 1.2rem 4rem; }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
.brand { font-weight: 700; }
h1 { font-size: 1.4rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin-top: 2rem; }
h3 { font-size: 1.05rem; }
blockquote { margin: 1rem 0; padding-left: 1rem; border-left: 3px solid var(--line); color: var(--quiet); }
nav { display: flex; gap: 1.2rem; border-bottom: 1px solid var(--line); margin-bottom: 1rem; }
nav a { padding: .4rem 0; color: inherit; }
nav a.active { border-bottom: 2px solid var(--accent); }
.badge, .tag { font-size: .75rem; font-weight: 400; border: 1px solid var(--line); border-radius: 1rem; padding: .1rem .5rem; }
.badge { margin-left: .5rem; }
.tag { display: inline-block; margin: 0 .3rem .3rem 0; }
.datasets { list-style: none; padding: 0; }
.datasets li { padding: .5rem 0; border-bottom: 1px solid var(--line); }
.datasets time, small, .trail { color: var(--quiet); margin-left: .8rem; }
.trail { margin-left: 0; }
.columns { display: grid; grid-template-columns: minmax(0, 1fr) 18rem; gap: 2rem; }
@media (max-width: 50rem) { .columns { grid-template-columns: minmax(0, 1fr); } }
article { overflow-wrap: anywhere; }
article img { max-width: 100%; }
pre { overflow-x: auto; padding: .7rem; border: 1px solid var(--line); border-radius: .4rem; font-size: .85rem; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
td, th { padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
th { text-align: left; }
main > table td:not(:first-child) { white-space: nowrap; }
@media (max-width: 40rem) { main > table td:nth-child(4) { display: none; } }
.said { white-space: pre-wrap; }
#preview iframe { width: 100%; height: 36rem; border: 1px solid var(--line); border-radius: .4rem; }
aside pre { white-space: pre-wrap; font-size: .75rem; }
"""
