"""What a model is told of the tools as a whole, once, when its client connects."""

INSTRUCTIONS = """\
These tools read and change the Notion workspaces that this credential reaches.
Search finds titles only: use few, telling words, then fetch what looks right. Fetch takes ids and Notion URLs.
To know what hangs together with a page, use neighbors and paths before you fetch more pages.
For tables use query, with a filter, and name the properties that you need: it answers rows, not whole pages.
What is cut tells how to go on: pass its cursor. What could not be read is told; it may well be there.
Writes take a key: when an answer is lost, ask again with the same key, and nothing is done twice.
When something is refused, do what `next` says, or tell the person what it says is theirs to do.
"""
