"""What a retry of a refresh is recognised by."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the column. PostgreSQL rewrites no row for it."""

    dependencies: ClassVar = [("keyturn", "0004_trail_is_append_only")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="session",
            name="retry_key",
            field=models.CharField(db_default="", default="", max_length=32),
        ),
    ]
