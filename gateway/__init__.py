"""(placed by its room)"""
