"""So many in each turn of the loop."""

import asyncio

from resaga.runtime.turnstile import Turnstile


async def turns(turnstile: Turnstile, people: int, cut: int = 0) -> list[int]:
    """How many went through in each turn of the loop, of so many who come at once, some of whom are cut off."""
    went, turn = list[int](), 0

    async def one() -> None:
        await turnstile.through()
        went.append(turn)

    tasks = [asyncio.create_task(one()) for _ in range(people)]
    while not all(task.done() for task in tasks):
        await asyncio.sleep(0)
        turn += 1
        for task in tasks[people - cut :]:
            task.cancel()
    return [went.count(each) for each in sorted(set(went))]


def test_few_need_not_wait() -> None:
    """They all go through in the turn in which they come."""
    assert asyncio.run(turns(Turnstile(3), 3)) == [3]


def test_many_go_through_in_many_turns() -> None:
    """So that others have their turns, too; and the next who come find it as it was."""

    async def story() -> list[list[int]]:
        turnstile = Turnstile(3)
        return [await turns(turnstile, people) for people in (8, 2)]

    assert asyncio.run(story()) == [[3, 3, 2], [2]]


def test_who_is_cut_off_holds_up_nobody() -> None:
    """Their place is not kept."""
    assert asyncio.run(turns(Turnstile(2), 7, cut=3)) == [2, 2]


def test_first_come_first_served() -> None:
    """In the order in which they came."""
    went = list[int]()

    async def one(turnstile: Turnstile, number: int) -> None:
        await turnstile.through()
        went.append(number)

    async def story() -> None:
        turnstile = Turnstile(2)
        await asyncio.gather(*(one(turnstile, number) for number in range(7)))

    asyncio.run(story())
    assert went == list(range(7))
