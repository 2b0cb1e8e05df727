"""What this room knows without asking anybody: names and kinds of files, views, transcripts."""
