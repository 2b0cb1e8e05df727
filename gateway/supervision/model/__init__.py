"""What happened, counted: a pure fold of the routing journal into figures per five minutes."""
