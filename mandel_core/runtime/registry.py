"""An ordered list of named things, to which those of one's own can be added."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar, overload


class Named(Protocol):
    """What can be listed."""

    @property
    def name(self) -> str:
        """The word that it is found by."""


T = TypeVar("T", bound=Named)


class Registry(Generic[T]):
    """Things in order, registered ones last; one is found by position or by name."""

    def __init__(self, kind: str, known: tuple[T, ...]) -> None:
        self._kind = kind
        self._built_in = self._known = known
        self._watchers: list[Callable[[str], None]] = []

    def __iter__(self) -> Iterator[T]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    @property
    def registered(self) -> tuple[T, ...]:
        """Those that do not come with the package."""
        return self._known[len(self._built_in) :]

    def add(self, one: T) -> None:
        """Put one last, or in the place of the registered one of that name."""
        if one.name in {known.name for known in self._built_in}:
            raise ValueError(f"the {self._kind} {one.name!r} comes with the package")
        if one.name in self.names:
            self._known = tuple(one if old.name == one.name else old for old in self._known)
        else:
            self._known = (*self._known, one)
        self._notify(one.name)

    def remove(self, name: str) -> None:
        """Take a registered one away. Raises KeyError if there is none of that name."""
        if name not in {one.name for one in self.registered}:
            raise KeyError(name)
        self._known = tuple(one for one in self._known if one.name != name)
        self._notify(name)

    def watch(self, watcher: Callable[[str], None]) -> None:
        """Call `watcher` with the name of each one that is added, replaced or removed."""
        self._watchers.append(watcher)

    def _notify(self, name: str) -> None:
        for watcher in self._watchers:
            watcher(name)

    @overload
    def __getitem__(self, key: int | str) -> T: ...
    @overload
    def __getitem__(self, key: slice) -> tuple[T, ...]: ...
    def __getitem__(self, key: int | str | slice) -> T | tuple[T, ...]:
        if not isinstance(key, str):
            return self._known[key]
        for one in self._known:
            if one.name == key:
                return one
        raise KeyError(key)

    def __contains__(self, key: object) -> bool:
        return any(key is one or key == one.name for one in self._known)

    @property
    def names(self) -> tuple[str, ...]:
        """The names, in order."""
        return tuple(one.name for one in self._known)

    def find(self, one: str | T) -> T:
        """The one of that name. Raises ValueError, naming those there are."""
        name = one if isinstance(one, str) else one.name
        if name not in self.names:
            kind = self._kind
            raise ValueError(f"there is no {kind} {name!r}; there are {', '.join(self.names)}")
        return self[name]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self.names)})"
