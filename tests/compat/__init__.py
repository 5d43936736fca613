"""Living with simplejwt: its settings, its code and its tables keep their meaning and get Keyturn's guarantees."""
