"""The public API: Media, Admin, Notifications, over real HTTP and on both databases."""
