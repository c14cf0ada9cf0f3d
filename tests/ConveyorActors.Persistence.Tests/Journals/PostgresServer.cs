using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace ConveyorActors.Persistence.Tests.Journals;

/// <summary>
/// A PostgreSQL server of the tests' own: on a free port of the loopback, in a folder for temporary files, as a user
/// that is not root. Started once for all tests that need one. Where the package is not installed, those tests are
/// skipped.
/// </summary>
public sealed class PostgresServer : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    readonly string folder;
    readonly int port;
    int databases;

    /// <summary>Where pg_ctl is; null: nowhere.</summary>
    public static string? Binaries { get; } =
        !Directory.Exists("/usr/lib/postgresql")
            ? null
            : Directory
                .GetDirectories("/usr/lib/postgresql")
                .Select(version => Path.Combine(version, "bin"))
                .Where(bin => File.Exists(Path.Combine(bin, "pg_ctl")))
                .Order()
                .LastOrDefault();

    public PostgresServer()
    {
        if (Binaries is null)
            throw new InvalidOperationException("PostgreSQL is not installed; these tests must be skipped.");
        folder = Directory.CreateTempSubdirectory("conveyor-postgres-").FullName;
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            port = ((IPEndPoint)probe.LocalEndpoint).Port;
        }
        if (IsRoot)
            Run("chown", "postgres", folder);
        AsUser("initdb", "-D", Data, "-U", "conveyor", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C");
        AsUser(
            "pg_ctl",
            "-D",
            Data,
            "-w",
            "-t",
            "50",
            "-l",
            Path.Combine(folder, "log"),
            "-o",
            $"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c max_connections=100 -c shared_buffers=32MB",
            "start"
        );
    }

    string Data => Path.Combine(folder, "data");

    static bool IsRoot => Environment.UserName == "root";

    /// <summary>A new database.</summary>
    public Database CreateDatabase()
    {
        var name = $"test{Interlocked.Increment(ref databases)}";
        var server = new PostgresDatabase($"Host=127.0.0.1;Port={port};Username=conveyor;Database=postgres");
        server.Execute($"create database {name}");
        return new PostgresDatabase($"Host=127.0.0.1;Port={port};Username=conveyor;Database={name}");
    }

    public void Dispose()
    {
        NpgsqlConnection.ClearAllPools();
        AsUser("pg_ctl", "-D", Data, "-m", "immediate", "-w", "stop");
        Directory.Delete(folder, recursive: true);
    }

    static void AsUser(string program, params string[] arguments)
    {
        var path = Path.Combine(Binaries!, program);
        if (IsRoot)
            Run("runuser", ["-u", "postgres", "--", path, .. arguments]);
        else
            Run(path, arguments);
    }

    static void Run(string program, params string[] arguments)
    {
        // The server inherits what is redirected, and keeps it open: nothing is.
        var start = new ProcessStartInfo("sh") { WorkingDirectory = "/", RedirectStandardInput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("exec \"$@\" > /dev/null 2>&1");
        foreach (var argument in new[] { "sh", program }.Concat(arguments))
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        if (!process.WaitForExit(Patience))
        {
            process.Kill();
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end.");
        }
        if (process.ExitCode != 0)
            throw new InvalidOperationException(
                $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}."
            );
    }

    sealed class PostgresDatabase(string connection) : Database
    {
        public override string Hocon => HoconOf("PostgreSQL.15", connection);

        public override int Execute(string sql) => Run(sql, command => command.ExecuteNonQuery());

        public override long Query(string sql) => Run(sql, command => Convert.ToInt64(command.ExecuteScalar() ?? 0L));

        T Run<T>(string sql, Func<NpgsqlCommand, T> run)
        {
            using var open = new NpgsqlConnection(connection);
            open.Open();
            using var command = new NpgsqlCommand(sql, open);
            return run(command);
        }

        public override void Dispose() { }
    }
}

/// <summary>A test that needs PostgreSQL: skipped where it is not installed.</summary>
public sealed class PostgresFactAttribute : FactAttribute
{
    public PostgresFactAttribute()
    {
        if (PostgresServer.Binaries is null)
            Skip = "PostgreSQL is not installed (Debian: apt-get install postgresql)";
    }
}
