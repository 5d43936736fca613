"""Users on AbstractBaseUser alone, whose activity is computed."""
