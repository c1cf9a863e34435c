"""stub"""


class Scan: ...


class Scans: ...
