namespace ConveyorActors.Node.Journals;

/// <summary>
/// The tables of Akka.Persistence.Sql, as the plugin itself would create them. They are created before the plugin
/// starts, by one node at a time: nodes that start together would conflict, and in SQLite even checking whether the
/// tables exist would wait for the writers.
/// </summary>
static class JournalSchema
{
    const string Indexes = """
        create index journal_created_idx on journal (created);
        create index journal_sequence_number_idx on journal (sequence_number);
        """;

    const string SnapshotIndexes = """
        create index snapshot_sequence_number_idx on snapshot (sequence_number);
        create index snapshot_created_idx on snapshot (created);
        """;

    const string SqliteJournal = $"""
        create table journal (
          ordering integer not null primary key autoincrement,
          created integer not null,
          deleted bit not null,
          persistence_id nvarchar(255) not null,
          sequence_number integer not null,
          message varbinary not null,
          tags nvarchar(100) null,
          manifest nvarchar(500) null,
          identifier integer null,
          writer_uuid nvarchar(128) null
        );
        create unique index journal_uq on journal (persistence_id, sequence_number);
        {Indexes}
        """;

    const string SqliteSnapshot = $"""
        create table snapshot (
          persistence_id nvarchar(255) not null,
          sequence_number integer not null,
          created integer not null,
          snapshot varbinary null,
          manifest nvarchar(500) null,
          serializer_id integer null,
          constraint PK_snapshot primary key (persistence_id, sequence_number)
        );
        {SnapshotIndexes}
        """;

    const string PostgresJournal = $"""
        create table journal (
          ordering bigint not null generated always as identity,
          created bigint not null,
          deleted boolean not null,
          persistence_id text not null,
          sequence_number bigint not null,
          message bytea not null,
          tags text,
          manifest text,
          identifier integer,
          writer_uuid text,
          constraint "PK_journal" primary key (ordering),
          constraint journal_uq unique (persistence_id, sequence_number)
        );
        {Indexes}
        """;

    const string PostgresSnapshot = $"""
        create table snapshot (
          persistence_id text not null,
          sequence_number bigint not null,
          created bigint not null,
          snapshot bytea,
          manifest text,
          serializer_id integer,
          constraint "PK_snapshot" primary key (persistence_id, sequence_number)
        );
        {SnapshotIndexes}
        """;

    /// <summary>Gets the columns that each table must have.</summary>
    public static IReadOnlyDictionary<string, string[]> Columns { get; } =
        new Dictionary<string, string[]>(StringComparer.Ordinal)
        {
            ["journal"] =
            [
                "ordering",
                "created",
                "deleted",
                "persistence_id",
                "sequence_number",
                "message",
                "manifest",
                "identifier",
                "writer_uuid",
            ],
            ["snapshot"] = ["persistence_id", "sequence_number", "created", "snapshot", "manifest", "serializer_id"],
        };

    /// <summary>Returns the statements that create a table.</summary>
    public static string GetStatements(string table, bool isSqlite) =>
        (table, isSqlite) switch
        {
            ("journal", true) => SqliteJournal,
            ("snapshot", true) => SqliteSnapshot,
            ("journal", false) => PostgresJournal,
            ("snapshot", false) => PostgresSnapshot,
            _ => throw new ArgumentOutOfRangeException(nameof(table), table, "there is no such table"),
        };
}
