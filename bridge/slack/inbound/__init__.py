"""Takes what Slack sends: guards it, reads it, stores it, and only then acknowledges.

By Slack's names: `message`, `app_mention` and `agent_session_stopped` are read in `message_events`;
`app_home_opened`, `member_joined_channel` and `agent_session_title_changed` in `app_events`;
`block_actions` and `view_submission` in the modules of these names; `message_action` (a shortcut)
and slash commands in `slash_commands`. `assistant_thread_started` is of older apps: an app with
`agent_view` gets `app_home_opened` instead.
"""
