using System.Net;
using System.Net.Sockets;
using ConveyorActors.Node.Tests.Processes;
using Microsoft.Data.Sqlite;

namespace ConveyorActors.Node.Tests;

public sealed class ExitCodeTests : IDisposable
{
    const string ConfiguredJournal = "journal.conf";

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Runs the program in this process: what is wrong is found before it would do anything to it.</summary>
    async Task<(int Exit, string Said)> RunAsync(params string[] arguments)
    {
        var (was, said) = (Console.Error, new StringWriter());
        Console.SetError(TextWriter.Synchronized(said));
        try
        {
            string[] ownJournal =
                arguments.Contains("--journal") || arguments.Contains(ConfiguredJournal)
                    ? []
                    : ["--journal", $"sqlite:{Path.Combine(folder.Path, "own.db")}"];
            return (
                await CommandLine.RunAsync([.. ownJournal, .. arguments]).WaitAsync(NodeProcess.Patience),
                said.ToString()
            );
        }
        finally
        {
            Console.SetError(was);
        }
    }

    async Task ExpectAsync(int exit, string message, params string[] arguments)
    {
        var (code, said) = await RunAsync(arguments);
        Assert.Contains(message, said, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", said, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", said, StringComparison.Ordinal);
        Assert.Equal(exit, code);
    }

    [Theory]
    [InlineData("'--prot' is not a flag; did you mean --port?", "--prot", "4053")]
    [InlineData("'--jornal' is not a flag; did you mean --journal?", "--jornal=postgres:Host=db;Password=secret")]
    [InlineData(
        "'postgres' is not expected here; every value comes after its flag",
        "postgres:Host=db;Password=secret"
    )]
    [InlineData("--port is '70000'; it must be a number from 0 (any free port) to 65535", "--port", "70000")]
    [InlineData("--seed is 'db'; it must be HOST:PORT, such as 10.0.0.1:4053", "--seed", "db")]
    [InlineData(
        "--seed-timeout is 'soon'; it must be a duration such as 500ms, 30s or 2m, from 1ms to 1d",
        "--seed-timeout",
        "soon"
    )]
    [InlineData(
        "--host is '10.0.0.1:4053'; it must be the name or address at which the other nodes reach this machine, without a port",
        "--host",
        "10.0.0.1:4053"
    )]
    [InlineData(
        "--host is '0.0.0.0'; it must be the name or address at which the other nodes reach",
        "--host",
        "0.0.0.0"
    )]
    [InlineData("--host is '[::]'; it must be the name or address at which the other nodes reach", "--host", "[::]")]
    [InlineData("--role is 'a b'; it must be a name of 1 to 100 letters, digits, '-' and '_'", "--role", "a b")]
    [InlineData("--journal begins with 'mysql'; it must be sqlite:FILE or postgres:CONNECTION", "--journal", "mysql:x")]
    [InlineData("--journal is 'foo'; it must be sqlite:FILE or postgres:CONNECTION", "--journal", "foo")]
    [InlineData(
        "--journal is a connection string alone; it must be sqlite:FILE or postgres:CONNECTION",
        "--journal",
        "Host=db;Password=x"
    )]
    [InlineData("--journal has no Host", "--journal", "postgres:Database=x")]
    [InlineData("--journal is '/', a directory; it must be a file", "--journal", "sqlite:/")]
    [InlineData("--host has no value; it must be followed by NAME", "--host")]
    [InlineData("--port is given 2 times; it must be given once", "--port", "1", "--port", "2")]
    [InlineData("--tls-certificate is given without --tls-authority", "--tls-certificate", "node.pem")]
    [InlineData("'stop' is not expected here; every value comes after its flag", "stop")]
    public Task A_wrong_flag_is_named_with_the_valid_values(string message, params string[] arguments) =>
        ExpectAsync(ExitCodes.Usage, message, arguments);

    [Fact]
    public void Every_exit_code_is_in_the_document()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "build.sh")))
            root = root.Parent!;
        var document = File.ReadAllText(Path.Combine(root.FullName, "docs", "Cluster.md"));
        var codes = typeof(ExitCodes).GetFields().Select(f => (int)f.GetValue(null)!).ToArray();
        Assert.Equal(codes.Length, codes.Distinct().Count());
        Assert.All(codes, code => Assert.Contains($"\n| {code} | ", document, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_password_in_an_argument_is_refused_and_not_repeated()
    {
        var (exit, said) = await RunAsync("--journal", "postgres:Host=127.0.0.1;Password=s3cret");
        Assert.Contains(
            "--journal has a password, which other users can read there; leave it out and set CONVEYOR_NODE_JOURNAL_PASSWORD",
            said,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("s3cret", said, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Usage, exit);
    }

    [Fact]
    public async Task A_wrong_variable_is_named()
    {
        await using var node = NodeProcess.Start(folder.Path, [("CONVEYOR_NODE_PORT", "many")], []);
        var (exit, said) = await node.EndAsync();
        Assert.Contains("CONVEYOR_NODE_PORT is 'many'; it must be a number", said, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Usage, exit);
    }

    [Theory]
    [InlineData("akka.x = ${there.is.none}", "is not HOCON")]
    [InlineData("conveyor.unknown-key = 1", "conveyor.unknown-key")]
    [InlineData(
        "akka.cluster.sharding.remember-entities-store = ddata",
        "akka.cluster.sharding.remember-entities-store is ddata"
    )]
    [InlineData("akka.persistence.journal.sql.replay-filter.mode = fail", "replay-filter.mode is fail")]
    [InlineData(
        "conveyor-node.stop-within = soon",
        "conveyor-node.stop-within is 'soon'; it must be a duration from 1 ms to 1 d, such as 30 s"
    )]
    [InlineData("conveyor-node.seed-timeout = 0 s", "conveyor-node.seed-timeout is '0 s'; it must be a duration")]
    [InlineData("conveyor-node.jornal = \"sqlite:x.db\"", "conveyor-node.jornal in ")]
    [InlineData("conveyor-node { jornal = x }", " is not known; did you mean journal?")]
    [InlineData("conveyor-node = x", "conveyor-node is x; it must be a block: conveyor-node { ... }")]
    [InlineData("a = 1\nconveyor { persistence = on", "is not HOCON: line 2: '{' is not closed")]
    [InlineData("include \"other.conf\"", "is not HOCON: line 1: include is not supported")]
    [InlineData(
        "akka.cluster.seed-nodes = [\"foo\"]",
        "akka.cluster.seed-nodes is ['foo']; it must be a list of addresses, such as [\"akka.tcp://conveyor@10.0.0.1:4053\"]"
    )]
    [InlineData(
        "akka.cluster.seed-nodes = \"akka.tcp://conveyor@10.0.0.1:4053\"",
        "akka.cluster.seed-nodes is 'akka.tcp://conveyor@10.0.0.1:4053'; it must be a list of addresses"
    )]
    [InlineData(
        "akka.cluster.seed-nodes = [\"akka.tcp://other@10.0.0.1:4053\"]",
        "akka.cluster.seed-nodes is ['akka.tcp://other@10.0.0.1:4053']; it must be a list of addresses"
    )]
    [InlineData("akka.cluster.roles = pipelines", "akka.cluster.roles is 'pipelines'; it must be a list of names")]
    [InlineData(
        "akka.remote.dot-netty.tcp.hostname = \"a b\"",
        "akka.remote.dot-netty.tcp.hostname is 'a b'; it must be the name or address at which"
    )]
    [InlineData("conveyor.cluster.enabled = off", "conveyor.cluster.enabled is 'off'; it must be on")]
    [InlineData("conveyor-node.system = \"a b\"", "conveyor-node.system is 'a b'; it must be a name")]
    public Task A_wrong_configuration_is_named(string hocon, string message) =>
        ExpectAsync(ExitCodes.Configuration, message, "--port", "0", "--config", folder.Write("node.conf", hocon));

    [Fact]
    public Task A_configuration_file_that_is_a_directory_is_named() =>
        ExpectAsync(
            ExitCodes.Configuration,
            $"the configuration file '{folder.Path}' is a directory; it must be a file",
            "--config",
            folder.Path
        );

    [Theory]
    [InlineData("abc")]
    [InlineData("99999")]
    [InlineData("-1")]
    public Task A_wrong_port_in_a_file_is_named(string port) =>
        ExpectAsync(
            ExitCodes.Configuration,
            $"akka.remote.dot-netty.tcp.port is '{port}'; it must be a number from 0 (any free port) to 65535",
            "--config",
            folder.Write("node.conf", $"akka.remote.dot-netty.tcp.port = {port}")
        );

    [Fact]
    public async Task A_database_that_another_program_has_locked_is_named_after_the_given_time()
    {
        var path = Path.Combine(folder.Path, "locked.db");
        await ExpectAsync(
            ExitCodes.SeedOutOfReach, // the first start makes the tables
            "no seed node admitted this node",
            "--port",
            "0",
            "--journal",
            $"sqlite:{path}",
            "--seed",
            $"127.0.0.1:{NodeProcess.FreePort()}",
            "--seed-timeout",
            "1ms"
        );
        await using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        await using var held = connection.BeginTransaction();
        await ExpectAsync(
            ExitCodes.JournalOutOfReach,
            "cannot be used: SQLite Error 5: 'database is locked'",
            "--port",
            "0",
            "--journal",
            $"sqlite:{path}",
            "--seed-timeout",
            "500ms"
        );
    }

    [Fact]
    public async Task A_password_in_a_file_is_refused_and_not_repeated()
    {
        folder.Write(ConfiguredJournal, "conveyor-node.journal = \"postgres:Host=127.0.0.1;Password=s3cret\"");
        var was = Environment.CurrentDirectory;
        Environment.CurrentDirectory = folder.Path;
        try
        {
            var (exit, said) = await RunAsync("--config", ConfiguredJournal);
            Assert.Contains(
                "conveyor-node.journal in journal.conf has a password, which other users can read there",
                said,
                StringComparison.Ordinal
            );
            Assert.DoesNotContain("s3cret", said, StringComparison.Ordinal);
            Assert.Equal(ExitCodes.Configuration, exit);
        }
        finally
        {
            Environment.CurrentDirectory = was;
        }
    }

    [LinuxFact]
    public Task A_configuration_file_without_an_end_is_refused() =>
        ExpectAsync(
            ExitCodes.Configuration,
            "the configuration file '/dev/zero' cannot be read: it has more than 16 MiB",
            "--config",
            "/dev/zero"
        );

    [Fact]
    public async Task All_errors_of_a_configuration_are_reported_each_in_a_line()
    {
        var (exit, said) = await RunAsync(
            "--config",
            folder.Write(
                "node.conf",
                """
                conveyor-node { jornal = x, system = "a b", seed-timeout = soon, stop-within = never }
                conveyor.cluster.enabled = off
                akka.cluster.roles = ["a b"]
                akka.remote.dot-netty.tcp { port = many, enable-ssl = maybe }
                """
            )
        );

        Assert.Equal(ExitCodes.Configuration, exit);
        Assert.Equal(
            [
                "conveyor-node: akka.cluster.roles is ['a b']",
                "conveyor-node: akka.remote.dot-netty.tcp.enable-ssl is 'maybe'",
                "conveyor-node: akka.remote.dot-netty.tcp.port is 'many'",
                "conveyor-node: conveyor-node.jornal in " + Path.Combine(folder.Path, "node.conf") + " is not known",
                "conveyor-node: conveyor-node.seed-timeout is 'soon'",
                "conveyor-node: conveyor-node.stop-within is 'never'",
                "conveyor-node: conveyor-node.system is 'a b'",
                "conveyor-node: conveyor.cluster.enabled is 'off'",
            ],
            said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(';')[0]).Order()
        );
    }

    [Fact]
    public Task A_missing_configuration_file_is_named() =>
        ExpectAsync(
            ExitCodes.Configuration,
            "the configuration file 'nowhere.conf' cannot be read",
            "--config",
            "nowhere.conf"
        );

    [Fact]
    public async Task A_port_in_use_is_named()
    {
        using var holder = new TcpListener(IPAddress.Loopback, 0);
        holder.Start();
        var port = ((IPEndPoint)holder.LocalEndpoint).Port;
        await ExpectAsync(
            ExitCodes.Address,
            $"port {port} of 127.0.0.1 is in use; choose another with --port",
            "--port",
            $"{port}"
        );
    }

    [Fact]
    public Task An_address_of_another_machine_is_named() =>
        ExpectAsync(
            ExitCodes.Address,
            "192.0.2.1 is not an address of this machine",
            "--host",
            "192.0.2.1",
            "--port",
            "0"
        );

    [Fact]
    public Task An_unreachable_journal_is_named_after_the_given_time() =>
        ExpectAsync(
            ExitCodes.JournalOutOfReach,
            "the journal (PostgreSQL, database conveyor on 127.0.0.1:1) cannot be used: ",
            "--seed-timeout",
            "100ms",
            "--journal",
            "postgres:Host=127.0.0.1;Port=1;Database=conveyor;Username=conveyor"
        );

    [LinuxFact]
    public Task A_journal_at_an_impossible_path_is_named() =>
        ExpectAsync(
            ExitCodes.JournalOutOfReach,
            "/proc/nowhere/journal.db) cannot be used: ",
            "--journal",
            "sqlite:/proc/nowhere/journal.db"
        );

    [Fact]
    public Task A_file_that_is_not_a_database_is_named() =>
        ExpectAsync(
            ExitCodes.JournalOfAnotherVersion,
            "is not a SQLite database",
            "--journal",
            $"sqlite:{folder.Write("journal.db", new string('x', 4_096))}"
        );

    [Theory]
    [InlineData(
        "create table journal (id integer, payload blob)",
        "the table 'journal' of the journal",
        "has no column ordering, created, deleted, persistence_id"
    )]
    [InlineData(
        "create table snapshot (persistence_id text, sequence_number integer)",
        "the table 'snapshot' of the journal",
        "has no column created, snapshot, manifest"
    )]
    [InlineData(
        "create table conveyor_journal_version (id integer)",
        "the table 'conveyor_journal_version' of the journal",
        "has no column version: another program"
    )]
    [InlineData(
        "create table conveyor_journal_version (version integer); insert into conveyor_journal_version values (99)",
        "has version 99, but this program reads versions up to 1",
        "start the program that wrote it, or a newer one"
    )]
    public async Task A_journal_of_another_version_is_reported(string sql, string message, string more)
    {
        var path = Path.Combine(folder.Path, "journal.db");
        await using (var connection = new SqliteConnection($"Data Source={path};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }
        await ExpectAsync(ExitCodes.JournalOfAnotherVersion, message, "--port", "0", "--journal", $"sqlite:{path}");
        await ExpectAsync(ExitCodes.JournalOfAnotherVersion, more, "--port", "0", "--journal", $"sqlite:{path}");
    }

    [Fact]
    public async Task An_unreachable_seed_is_named_after_the_given_time()
    {
        var seed = NodeProcess.FreePort();
        await ExpectAsync(
            ExitCodes.SeedOutOfReach,
            $"no seed node admitted this node within 500 ms: 127.0.0.1:{seed}: Connection refused",
            "--port",
            "0",
            "--seed",
            $"127.0.0.1:{seed}",
            "--seed-timeout",
            "500ms"
        );
    }

    [Fact]
    public async Task A_seed_that_is_not_a_node_is_named()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var seed = ((IPEndPoint)other.LocalEndpoint).Port;
        await ExpectAsync(
            ExitCodes.SeedOutOfReach,
            $"127.0.0.1:{seed} accepts connections, but is not a node of 'conveyor'",
            "--port",
            "0",
            "--seed",
            $"127.0.0.1:{seed}",
            "--seed-timeout",
            "500ms"
        );
    }
}
