namespace ConveyorActors.Node.Journals;

/// <summary>The configuration of Akka.Persistence.Sql for a journal.</summary>
static class JournalHocon
{
    public static string Create(JournalAddress journal)
    {
        var (connection, provider) = (HoconText.Quote(journal.Connection), HoconText.Quote(journal.Provider));
        // SQLite has one writer, so more than one would only wait for each other. It takes the write lock even for a
        // transaction that only reads, unless dirty reads are requested, which it never makes. Without this setting,
        // opening a pipeline would wait for the writers of all nodes.
        var (writing, reading) = journal.IsSqlite
            ? ("parallelism = 1", "read-isolation-level = read-uncommitted")
            : ("", "");
        return $$"""
            akka.persistence {
              journal {
                plugin = "akka.persistence.journal.sql"
                sql {
                  class = "Akka.Persistence.Sql.Journal.SqlWriteJournal, Akka.Persistence.Sql"
                  connection-string = {{connection}}
                  provider-name = {{provider}}
                  tag-write-mode = Csv
                  auto-initialize = off
                  {{writing}}
                  {{reading}}
                }
              }
              snapshot-store {
                plugin = "akka.persistence.snapshot-store.sql"
                sql {
                  class = "Akka.Persistence.Sql.Snapshot.SqlSnapshotStore, Akka.Persistence.Sql"
                  connection-string = {{connection}}
                  provider-name = {{provider}}
                  auto-initialize = off
                  {{reading}}
                }
              }
            }
            """;
    }
}
