"""What a reader of pixels is given for a scene: an address judged, followed to its end, signed."""

from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from core.scenes import Scene
from imagery.catalogs.web.http import CatalogHttp, Fetched, HttpOptions
from imagery.catalogs.web.links import DEFAULT_PORTS, LinkRule, Origin, check_link, resolve_host
from imagery.catalogs.web.signing import NoSigner, Signer


@dataclass(slots=True)
class PixelLinks:
    """Addresses of pixels as a reader may open them; a context, it may hold connections.

    GDAL follows redirects by itself, up to ten, and does not say where to; so they are followed
    here first, each target judged, and GDAL is given the last one. A host is asked for one byte.
    What an address leads to is remembered: a scene is opened for many tiles.

    Attributes:
        rule: what may be opened.
        signer: signs addresses of stores that want it.
        http: patience with servers.
    """

    rule: LinkRule
    signer: Signer = field(default_factory=NoSigner)
    http: HttpOptions = field(default_factory=HttpOptions)
    _ends: dict[str, Fetched] = field(default_factory=dict, repr=False)
    _door: CatalogHttp | None = field(default=None, repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        if self._door is not None:
            self._door.close()

    def address(self, scene: Scene) -> str:
        """The address to open; never to be logged or written, it may be signed.

        Raises:
            RefusedLinkError: the address, or one that it redirects to, may not be opened.
            SceneError: it redirects without end, or there is nothing.
            TransientError: the server fails, after several tries.
        """
        check_link(scene.href, Origin.LOCAL, self.rule)  # the catalogue judged by whom it is named
        if urlsplit(scene.href).scheme not in DEFAULT_PORTS:
            return scene.href
        signed = self.signer.sign(scene.href)
        if signed != scene.href:
            parts = urlsplit(signed)
            resolve_host(parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme], self.rule)
            return signed
        return self._find_file(scene.href).url

    def read_state(self, scene: Scene) -> str:
        """Names the bytes of a scene's file as they are now; raises as ``address`` does.

        Size and time of a local file, a server's ETag; empty where a store does not tell.
        """
        address = self.address(scene)
        if urlsplit(scene.href).scheme in DEFAULT_PORTS:
            return self._find_file(scene.href, address).version
        path = Path(scene.href.removeprefix("file://"))
        if not path.exists():
            return ""
        state = path.stat()
        return f"{state.st_size} {state.st_mtime_ns}"

    def _find_file(self, href: str, address: str | None = None) -> Fetched:
        """What lies at an address, asked once."""
        if href not in self._ends:
            if self._door is None:
                self._door = CatalogHttp(self.rule, self.http)
            self._ends[href] = self._door.find_file(address or href)
        return self._ends[href]
