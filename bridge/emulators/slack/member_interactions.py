"""What people do with the app's buttons, commands, shortcuts and modals."""

import json
from typing import Any

from bridge.emulators.slack import interaction_payloads
from bridge.emulators.slack.blocks import elements_of
from bridge.emulators.slack.deliveries import Delivery, Envelope
from bridge.emulators.slack.dispatcher import Dispatcher
from bridge.emulators.slack.member_messages import MemberMessages, expect
from bridge.emulators.slack.methods_views import close_modals, read_view, replace_modal, show_modal
from bridge.emulators.slack.response_urls import ResponseUrls

Json = dict[str, Any]


class MemberInteractions(MemberMessages):
    """People who also press and type; what the app answers at once is carried out."""

    dispatcher: Dispatcher
    response_urls: ResponseUrls

    async def click(
        self, user: str, channel: str, message_ts: str, action_id: str, *, value: str | None = None
    ) -> Delivery:
        """Press a button of a message; `value` chooses among feedback buttons and options, and
        among buttons of several blocks with one `action_id`.

        Raises:
            ValueError: The message shows no such button.
        """
        message = self.world.workspace.message(channel, message_ts)
        action = self._press(message.blocks, action_id, value)
        place = self.world.workspace.channel(channel)
        payload = {
            **self._heading("block_actions", user),
            **interaction_payloads.in_message(message, place, now=self.world.clock.now()),
            "response_url": self.response_urls.issue(channel, user, message),
            "actions": [action],
        }
        return await self._interact(payload)

    async def click_in_view(
        self, user: str, view_id: str, action_id: str, *, value: str | None = None
    ) -> Delivery:
        """Press a button of a modal or of the user's App Home."""
        homes = {home["id"]: home for home in self.world.workspace.homes.values()}
        view = (homes | self.world.workspace.views)[view_id]
        expect(user == self._looking_at(view_id), f"{user} does not see {view_id}")
        action = self._press(view["blocks"], action_id, value)
        heading = self._heading("block_actions", user)
        return await self._interact(
            {**heading, **interaction_payloads.in_view(view), "actions": [action]}
        )

    async def command(self, user: str, channel: str, command: str, text: str = "") -> Delivery:
        """Type a slash command; the app need not be in the channel."""
        expect(command in self.world.manifest.commands, f"{command} is not in the manifest")
        payload = interaction_payloads.command(
            command,
            text,
            user=self.world.workspace.users[user],
            channel=self.world.workspace.channel(channel),
            app=self.world.app,
        )
        payload["trigger_id"] = self.world.triggers.issue(user)
        payload["response_url"] = self.response_urls.issue(channel, user)
        delivery = await self.dispatcher.deliver(Envelope("slash_commands", payload))
        self._show_command_answer(delivery, channel, user)
        return delivery

    async def shortcut(
        self, user: str, callback_id: str, *, channel: str = "", message_ts: str = ""
    ) -> Delivery:
        """Use a shortcut: a global one, or one on a message."""
        kind = "message" if message_ts else "global"
        declared = self.world.manifest.shortcuts.get(callback_id)
        expect(
            declared and declared.kind == kind, f"no {kind} shortcut {callback_id} in the manifest"
        )
        payload = self._heading("message_action" if message_ts else "shortcut", user)
        payload |= {"callback_id": callback_id, "action_ts": self.world.clock.stamp()}
        if message_ts:
            place = self.world.workspace.channel(channel)
            message = self.world.workspace.message(channel, message_ts)
            payload |= interaction_payloads.on_message(message, place, now=self.world.clock.now())
            payload["response_url"] = self.response_urls.issue(channel, user, message)
        return await self._interact(payload)

    async def submit_view(self, user: str, view_id: str, values: Json) -> Delivery:
        """Submit a modal; `values` is `{block_id: {action_id: {"type": …, "value": …}}}`.

        The app's answer is carried out: errors keep it open, update and push show another view.
        """
        expect(user == self._looking_at(view_id), f"{user} does not see {view_id}")
        view = self.world.workspace.views[view_id]
        view = view | {"state": {"values": values}}
        payload = {**self._heading("view_submission", user), "view": view, "response_urls": []}
        delivery = await self._interact(payload)
        if delivery.succeeded and view_id in self.world.workspace.views:
            self._obey(view, json.loads(delivery.response or "{}"))
        return delivery

    async def close_view(self, user: str, view_id: str, *, all_below: bool = False) -> None:
        """Leave a modal without submitting; the app is told if it asked for `notify_on_close`."""
        expect(user == self._looking_at(view_id), f"{user} does not see {view_id}")
        view = self.world.workspace.views[view_id]
        closed = self.world.workspace.modals(user) if all_below else [view]
        close_modals(self.world, closed)
        if view.get("notify_on_close"):
            told = interaction_payloads.view_closed(view, is_cleared=all_below)
            await self._interact({**self._heading("view_closed", user), **told})

    def _looking_at(self, view_id: str) -> str | None:
        """Whose modal or App Home it is; None when nobody's."""
        homes = self.world.workspace.homes
        owners = {home["id"]: user for user, home in homes.items()}
        return (owners | self.world.workspace.viewers).get(view_id)

    def _press(self, blocks: list[Json], action_id: str, value: str | None) -> Json:
        named = [found for found in elements_of(blocks) if found[1]["action_id"] == action_id]
        if not named:
            shown = [element["action_id"] for _, element in elements_of(blocks)]
            raise ValueError(f"no button {action_id}; shown are {shown}")
        wanted = [found for found in named if value in {None, found[1].get("value")}]
        block, element = (wanted or named)[0]
        stamp = self.world.clock.stamp()
        return interaction_payloads.press(block, element, value=value, stamp=stamp)

    def _heading(self, kind: str, user: str) -> Json:
        person = self.world.workspace.users[user]
        return interaction_payloads.heading(
            kind, person, self.world.app, self.world.triggers.issue(user)
        )

    async def _interact(self, payload: Json) -> Delivery:
        expect(self.world.manifest.is_interactive, "interactivity is off in the manifest")
        return await self.dispatcher.deliver(Envelope("interactive", payload))

    def _show_command_answer(self, delivery: Delivery, channel: str, user: str) -> None:
        """The body of the acknowledgement of a command is shown to the user."""
        if delivery.succeeded and delivery.response:
            self.response_urls.show(channel, user, delivery.response)

    def _obey(self, view: Json, answer: Json) -> None:
        """Carry out the response_action of a view_submission."""
        action, user = answer.get("response_action"), self.world.workspace.viewers[view["id"]]
        if action == "errors":
            told = {"user": user, "view_id": view["id"], "errors": answer["errors"]}
            self.world.timeline.tell("view_errors", **told)
        elif action == "update":
            replace_modal(self.world, view, read_view(answer.get("view"), "modal"))
        elif action == "push":
            show_modal(self.world, read_view(answer.get("view"), "modal"), user, below=view["id"])
        else:
            everything = self.world.workspace.modals(user)
            close_modals(self.world, everything if action == "clear" else [view])
