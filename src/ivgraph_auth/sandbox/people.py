"""The invented people of the sandbox: one for each form in which Notion may tell who somebody is."""

from ivgraph_auth.sandbox.models import Dataset, Page, Person, Workspace

_ROADMAP = "a17a6a44-d7ba-4909-952a-e8fe86acc0ed"
_HANDBOOK = "7a4ba646-0ee0-4a09-8c0e-12bc72c71a45"
_CATALOGUE = "2a3ef43d-53a1-4567-a2b3-ef62f0787658"

LIGHTHOUSE = Workspace(
    key="lighthouse",
    id="b99d9983-54c8-49e4-9b4c-0bafb3fef367",
    name="Lighthouse Studio",
    icon="🗼",
    pages=(
        Page(_ROADMAP, "Roadmap", "🧭"),
        Page("c2d96724-382e-428e-86da-1e6adc447928", "Autumn release", "🍂", _ROADMAP),
        Page("ccbe9e2b-d01f-432b-91f8-a998d85ddc79", "Winter release", "❄️", _ROADMAP),
        Page(_HANDBOOK, "Handbook", "📘"),
        Page("bb4c45c7-b71f-466b-b539-f711d3f698b0", "How we write", "✏️", _HANDBOOK),
        Page("ea00bb41-8a00-4d92-9cdf-e2ea56dbc329", "Meeting notes", "🗒️"),
        Page("5f0c3c1b-94f5-4b0e-8a6d-6a3d0f7e2b11", "Bruno's drafts", "📝", owner="bruno"),
    ),
)
NOTEBOOK = Workspace(
    key="notebook",
    id="d3bfb712-fb72-4e37-befb-057ea5a3ec61",
    name="Ada's notebook",
    icon=None,
    pages=(
        Page("bc7e2d42-f2b5-44db-8711-5f52c771d57a", "Reading list", "📚"),
        Page("02526829-1d35-4a13-9d0a-96a068e6a923", "Garden", "🌱"),
    ),
)
HARBOUR = Workspace(
    key="harbour",
    id="72538cd2-0268-410d-a6c5-ef4baa25a48c",
    name="Harbour Library",
    icon="https://harbour.example/icon.png",
    pages=(
        Page(_CATALOGUE, "Catalogue", "🗂️"),
        Page("a712e9a9-f11e-4646-809e-838d58aa0b42", "Maps and charts", "🗺️", _CATALOGUE),
        Page("dc09fec2-642f-4888-af86-edbaa4271521", "Opening hours", "🕰️"),
    ),
)

WORLD = Dataset(
    people=(
        Person(
            key="ada",
            id="93fb3994-f617-4ffb-86c9-c1a01d5f907a",
            name="Ada Winter",
            email="ada.winter@lighthouse.example",
            email_verified=True,
            avatar_url="https://lighthouse.example/ada.png",
            workspaces=("lighthouse", "notebook"),
            hint="address verified",
        ),
        Person(
            key="bruno",
            id="285308a4-ee95-4d1f-913a-af9224d93a14",
            name="Bruno Okafor",
            email="bruno@lighthouse.example",
            email_verified=False,
            workspaces=("lighthouse",),
            hint="address not verified",
        ),
        Person(
            key="chiara",
            id="372b7370-2ca6-41e1-b1bd-d64d402912a9",
            name="Chiara Lindqvist",
            email=None,
            workspaces=("harbour",),
            hint="no address is told",
        ),
        Person(
            key="deniz",
            id="3d7fce31-6868-4c9d-8de7-091e085b413c",
            name="Deniz Aydin",
            email="deniz@harbour.example",
            workspaces=("harbour",),
            hint="only an id is told",
            partial=True,
        ),
        Person(
            key="unnamed",
            id="8870882f-1ed7-4482-81da-dd008ae41080",
            name=None,
            email="reader.17@harbour.example",
            workspaces=("harbour",),
            hint="an address, but no name",
        ),
        Person(
            key="farah",
            id="7121da10-3205-4fd4-83e2-ee5ca1b03108",
            name="Farah Haddad",
            email="farah@lighthouse.example",
            workspaces=("lighthouse", "harbour"),
            hint="verification not told",
        ),
    ),
    workspaces=(LIGHTHOUSE, NOTEBOOK, HARBOUR),
)
