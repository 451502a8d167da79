"""Reading tables in whatever form they come."""
