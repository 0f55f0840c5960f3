class KeysAwayError(Exception):
    """The keys cannot be asked now, which says nothing of any record. `fix` is a sentence; `says` is one without its
    full stop. Neither holds a secret.
    """

    def __init__(self, says: str, fix: str) -> None:
        super().__init__(says)
        self.says = says
        self.fix = fix
