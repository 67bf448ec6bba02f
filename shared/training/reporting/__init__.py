"""From a card's facts to one HTML page. Imports only shared.core and the standard library."""
