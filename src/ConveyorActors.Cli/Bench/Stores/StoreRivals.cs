using Microsoft.Data.Sqlite;
using Microsoft.Win32.SafeHandles;

namespace ConveyorActors.Cli.Bench.Stores;

/// <summary>
/// What people do instead to keep records on disk. Each answers how long it took, and how many bytes of records it has
/// kept.
/// </summary>
static class StoreRivals
{
    /// <summary>
    /// A row for each record, each in a transaction of its own: SQLite as it comes, all producers at one connection.
    /// </summary>
    public static async Task<(TimeSpan Elapsed, long Bytes)> SqliteEachAsync(
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
            .EachAsync(
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

    /// <summary>One file to which every record is appended with a write of its own; nothing is synced.</summary>
    public static async Task<(TimeSpan Elapsed, long Bytes)> AppendAsync(string directory, int records, int producers)
    {
        using var file = File.OpenHandle(Path.Combine(directory, "append"), FileMode.Create, FileAccess.Write);
        var gate = new Lock();
        long end = 0;
        var elapsed = await StoreContest
            .EachAsync(
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
    /// One file to which a thread appends what has gathered, syncs it, and tells those who wait for it.
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
            .EachAsync(records, producers, (_, bytes) => new(log.AppendAsync(bytes)))
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
        TaskCompletionSource done = Fresh();
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
                TaskCompletionSource told;
                lock (gate)
                {
                    while (gathering.Length == 0 && !isOver)
                        Monitor.Wait(gate);
                    if (isOver)
                        return;
                    (gathering, writing, told, done) = (writing, gathering, done, Fresh());
                }
                RandomAccess.Write(file, writing.GetBuffer().AsSpan(0, (int)writing.Length), end);
                end += writing.Length;
                RandomAccess.FlushToDisk(file);
                writing.SetLength(0);
                told.SetResult();
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

        static TaskCompletionSource Fresh() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
