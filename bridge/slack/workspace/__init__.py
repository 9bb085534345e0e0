"""What the bridge asks Slack about its workspace: who the bot is, users, channels, threads."""
