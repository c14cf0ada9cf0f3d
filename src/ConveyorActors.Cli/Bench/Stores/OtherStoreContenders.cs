using Microsoft.Data.Sqlite;
using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Cli.Bench.Stores;

/// <summary>
/// Measures the common alternatives for keeping records on disk. Each method returns the elapsed time and the number of
/// bytes kept.
/// </summary>
static class OtherStoreContenders
{
    /// <summary>
    /// Inserts a row per record, each in its own transaction: SQLite with default settings, all producers on one
    /// connection.
    /// </summary>
    public static async Task<(TimeSpan Elapsed, long Bytes)> InsertEachWithSqliteAsync(
        string directory,
        int records,
        int producers
    )
    {
        var path = Path.Combine(directory, "plain.db");
        await using var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString()
        );
        connection.Open();
        using (var table = connection.CreateCommand())
        {
            table.CommandText = "CREATE TABLE record(id INTEGER PRIMARY KEY, payload BLOB)";
            table.ExecuteNonQuery();
        }
        using var insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO record(payload) VALUES($payload)";
        var payload = insert.Parameters.Add("$payload", SqliteType.Blob);
        var gate = new Lock();
        var elapsed = await StoreContest
            .OfferEachAsync(
                records,
                producers,
                (_, bytes) =>
                {
                    lock (gate)
                    {
                        payload.Value = bytes;
                        insert.ExecuteNonQuery();
                    }
                    return default;
                }
            )
            .ConfigureAwait(false);
        using var count = connection.CreateCommand();
        count.CommandText = "SELECT sum(length(payload)) FROM record";
        return (elapsed, (long)count.ExecuteScalar()!);
    }

    /// <summary>Appends every record to one file with a write of its own, without syncing.</summary>
    public static async Task<(TimeSpan Elapsed, long Bytes)> AppendAsync(string directory, int records, int producers)
    {
        using var file = File.OpenHandle(Path.Combine(directory, "append"), FileMode.Create, FileAccess.Write);
        var gate = new Lock();
        long end = 0;
        var elapsed = await StoreContest
            .OfferEachAsync(
                records,
                producers,
                (_, bytes) =>
                {
                    lock (gate)
                    {
                        RandomAccess.Write(file, bytes, end);
                        end += bytes.Length;
                    }
                    return default;
                }
            )
            .ConfigureAwait(false);
        return (elapsed, RandomAccess.GetLength(file));
    }

    /// <summary>
    /// Appends to one file from one thread, which writes the records collected so far, syncs the file and releases the
    /// producers that wait for them.
    /// </summary>
    public static async Task<(TimeSpan Elapsed, long Bytes)> AppendSyncedAsync(
        string directory,
        int records,
        int producers
    )
    {
        using var file = File.OpenHandle(Path.Combine(directory, "synced"), FileMode.Create, FileAccess.Write);
        using var log = new GroupedLog(file);
        var elapsed = await StoreContest
            .OfferEachAsync(records, producers, (_, bytes) => new(log.AppendAsync(bytes)))
            .ConfigureAwait(false);
        return (elapsed, RandomAccess.GetLength(file));
    }

    sealed class GroupedLog : IDisposable
    {
        readonly object gate = new();
        readonly SafeFileHandle file;
        readonly Thread thread;
        MemoryStream gathering = new(),
            writing = new();
        TaskCompletionSource done = CreateCompletion();
        bool isOver;

        public GroupedLog(SafeFileHandle file)
        {
            this.file = file;
            thread = new(Run) { IsBackground = true };
            thread.Start();
        }

        public Task AppendAsync(byte[] bytes)
        {
            lock (gate)
            {
                gathering.Write(bytes);
                Monitor.Pulse(gate);
                return done.Task;
            }
        }

        void Run()
        {
            long end = 0;
            while (true)
            {
                TaskCompletionSource written;
                lock (gate)
                {
                    while (gathering.Length == 0 && !isOver)
                        Monitor.Wait(gate);
                    if (isOver)
                        return;
                    (gathering, writing, written, done) = (writing, gathering, done, CreateCompletion());
                }
                RandomAccess.Write(file, writing.GetBuffer().AsSpan(0, (int)writing.Length), end);
                end += writing.Length;
                RandomAccess.FlushToDisk(file);
                writing.SetLength(0);
                written.SetResult();
            }
        }

        public void Dispose()
        {
            lock (gate)
            {
                isOver = true;
                Monitor.Pulse(gate);
            }
            thread.Join();
        }

        static TaskCompletionSource CreateCompletion() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
