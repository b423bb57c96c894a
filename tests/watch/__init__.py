"""What follows from what arrived: cycles, health, events, mails."""
