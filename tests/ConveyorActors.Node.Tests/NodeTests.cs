using ConveyorActors.Node.Tests.Processes;
using Microsoft.Data.Sqlite;

namespace ConveyorActors.Node.Tests;

public sealed class NodeTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Two_nodes_cannot_listen_at_one_port()
    {
        var port = $"{NodeProcess.FreePort()}";
        await using var first = NodeProcess.Start(folder.Path, "--port", port, "--journal", "sqlite:first.db");
        await first.IsUpAsync();
        await using var second = NodeProcess.Start(folder.Path, "--port", port, "--journal", "sqlite:second.db");
        var (exit, said) = await second.EndAsync();
        Assert.Contains($"port {port} of 127.0.0.1 is in use", said, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Address, exit);
        Assert.False(first.HasEnded);
    }

    [Theory]
    [InlineData("sqlite:other.db", "", "the journal of this node is not that of the cluster: its identity is ")]
    [InlineData(
        "sqlite:first.db",
        "conveyor.cluster.shards = 13",
        "conveyor.cluster.shards is 13 on this node and 12 on "
    )]
    public async Task A_node_that_differs_from_the_cluster_ends_with_the_reason(string journal, string more, string why)
    {
        var port = NodeProcess.FreePort();
        await using var first = NodeProcess.Start(folder.Path, "--port", $"{port}", "--journal", "sqlite:first.db");
        await first.IsUpAsync();
        await using var second = NodeProcess.Start(
            folder.Path,
            "--port",
            "0",
            "--seed",
            $"127.0.0.1:{port}",
            "--journal",
            journal,
            "--config",
            folder.Write("more.conf", more)
        );
        var (exit, said) = await second.EndAsync();
        Assert.Contains($"conveyor-node: this node cannot join the cluster: {why}", said, StringComparison.Ordinal);
        Assert.Single(said.Split('\n'), line => line.Contains(why, StringComparison.Ordinal));
        Assert.Contains($"127.0.0.1:{port}", said, StringComparison.Ordinal);
        Assert.DoesNotContain("conveyor-node: up:", said, StringComparison.Ordinal);
        Assert.DoesNotContain("has left", said, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Configuration, exit);
        Assert.False(first.HasEnded);
    }

    [UnixFact(Platforms.Signals)]
    public async Task A_leaving_node_does_not_report_that_the_others_leave()
    {
        var port = NodeProcess.FreePort();
        await using var first = NodeProcess.Start(folder.Path, "--port", $"{port}");
        await first.IsUpAsync();
        await using var second = NodeProcess.Start(folder.Path, "--port", "0", "--seed", $"127.0.0.1:{port}");
        await second.IsUpAsync();
        Assert.Contains("up: one of 2 nodes in the cluster", second.Said, StringComparison.Ordinal);
        second.Signal("TERM");
        var (exit, said) = await second.EndAsync();
        Assert.DoesNotContain("has left", said, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Done, exit);
    }

    [Fact]
    public async Task A_node_without_pipelines_waits_for_a_node_with_pipelines()
    {
        var port = NodeProcess.FreePort();
        await using var other = NodeProcess.Start(folder.Path, "--port", $"{port}", "--role", "other");
        await other.HasSaidAsync(
            "has joined, and waits until its journal and settings are compared with those of a node"
        );
        await using var first = NodeProcess.Start(folder.Path, "--port", "0", "--seed", $"127.0.0.1:{port}");
        await first.IsUpAsync();
        await other.HasSaidAsync("up: without pipelines, in a cluster with one node that has them");
    }

    [Fact]
    public async Task An_unknown_variable_is_named()
    {
        await using var node = NodeProcess.Start(
            folder.Path,
            [("CONVEYOR_NODE_PROT", "4053"), ("CONVEYOR_NODE_SERVICE_HOST", "10.0.0.1")],
            ["--port", "0"]
        );
        await node.IsUpAsync();
        Assert.Contains(
            "CONVEYOR_NODE_PROT is not known and not used; did you mean CONVEYOR_NODE_PORT?",
            node.Said,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("CONVEYOR_NODE_SERVICE_HOST", node.Said, StringComparison.Ordinal);
    }

    [UnixFact(Platforms.Signals)]
    public async Task A_node_prints_its_settings_and_stops_on_SIGTERM()
    {
        await using var node = NodeProcess.Start(folder.Path, "--port", "0");
        await node.IsUpAsync();
        Assert.Contains(
            " of 'conveyor', roles pipelines, balanced fail-over, no TLS between nodes",
            node.Said,
            StringComparison.Ordinal
        );
        Assert.Contains(
            $"journal: SQLite, {Path.Combine(folder.Path, "conveyor-data", "journal.db")}",
            node.Said,
            StringComparison.Ordinal
        );
        Assert.Contains("seeds: none, a cluster of its own", node.Said, StringComparison.Ordinal);
        Assert.Contains("up: the only node in the cluster", node.Said, StringComparison.Ordinal);
        node.Signal("TERM");
        var (exit, said) = await node.EndAsync();
        Assert.Contains(
            "stopping: handing over pipelines, draining and leaving, within 1m 00s. A second signal ends the node at once",
            said,
            StringComparison.Ordinal
        );
        Assert.Contains("stopped after ", said, StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Done, exit);
    }

    [Fact]
    public async Task A_node_that_reports_being_up_has_opened_a_pipeline_from_its_journal()
    {
        await using var node = NodeProcess.Start(folder.Path, "--port", "0");
        await node.IsUpAsync();
        using var journal = new SqliteConnection(
            $"Data Source={Path.Combine(folder.Path, "conveyor-data", "journal.db")};Mode=ReadOnly;Pooling=False"
        );
        journal.Open();
        using var command = journal.CreateCommand();
        command.CommandText = "select count(*) from snapshot where persistence_id like 'conveyor-%warm-up-%'";
        Assert.True((long)command.ExecuteScalar()! > 0, "the node has not written and read its warm-up pipeline");
    }

    [Fact]
    public async Task An_error_ends_the_process_with_its_code_and_a_sentence()
    {
        var (exit, said) = await NodeProcess.RunAsync(folder.Path, "--prot", "4053");
        Assert.Equal(
            "conveyor-node: '--prot' is not a flag; did you mean --port?\nconveyor-node: see conveyor-node --help\n",
            said
        );
        Assert.Equal(ExitCodes.Usage, exit);
    }

    [UnixFact(Platforms.Signals)]
    public async Task Commands_are_read_from_standard_input()
    {
        await using var node = NodeProcess.Start(folder.Path, "--port", "0", "--inspect");
        await node.IsUpAsync();
        Assert.Equal("There are no pipelines.\n", await node.AskAsync("pipelines"));
        Assert.Contains("\"pipelines\": []", await node.AskAsync("pipelines --json"), StringComparison.Ordinal);
        Assert.StartsWith(
            "error: the command is 'pipelnes'",
            await node.AskAsync("pipelnes"),
            StringComparison.Ordinal
        );
        Assert.Contains("did you mean 'pipelines'?", await node.AskAsync("pipelnes"), StringComparison.Ordinal);
        node.Signal("INT");
        Assert.Equal(ExitCodes.Done, (await node.EndAsync()).Exit);
    }
}
