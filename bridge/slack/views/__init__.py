"""What stands beside the answers: modals, the Home tab, welcome and private words."""
