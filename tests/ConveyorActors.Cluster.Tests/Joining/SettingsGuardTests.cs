using System.Collections.Concurrent;
using Akka.Cluster;
using ConveyorActors.Cluster.Joining;
using ConveyorActors.Cluster.Placing;
using ConveyorActors.Cluster.Tests.Nodes;
using ConveyorActors.Persistence.Tests.Journals;

namespace ConveyorActors.Cluster.Tests.Joining;

public sealed class SettingsGuardTests
{
    static readonly ConveyorRecord Record = new("1", new byte[] { 1 });

    [Fact]
    public async Task A_node_that_ends_leaves_no_unobserved_exception()
    {
        var unobserved = new ConcurrentQueue<string>();
        EventHandler<UnobservedTaskExceptionEventArgs> note = (_, e) => unobserved.Enqueue(e.Exception.ToString());
        TaskScheduler.UnobservedTaskException += note;
        try
        {
            await StartAndLeaveAsync();
            // Exceptions of tasks count as unobserved when the tasks are finalized.
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= note;
        }
        // Other tests run at the same time.
        Assert.DoesNotContain(unobserved, failure => failure.Contains(nameof(SettingsGuard), StringComparison.Ordinal));

        static async Task StartAndLeaveAsync()
        {
            await using var cluster = await TestCluster.StartAsync(1);
            await cluster[0].Buffers.BufferForStageAsync("orders", "store", "web", Record, AckLevel.Persisted);
            await cluster[0].LeaveAsync();
        }
    }

    [Fact]
    public async Task A_node_with_another_journal_ends_and_accepts_no_pipeline()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        using var otherDatabase = new SqliteDatabase();
        await using var other = new ClusterNode(otherDatabase);
        var reason = await RefusedAsync(other, cluster[0]);
        Assert.Contains(
            "the journal of this node is not that of the cluster: its identity is ",
            reason,
            StringComparison.Ordinal
        );
        Assert.Contains($"127.0.0.1:{cluster[0].Cluster.SelfAddress.Port}", reason, StringComparison.Ordinal);
        for (var pipeline = 0; pipeline < 30; pipeline++)
            await cluster[0].Buffers.BufferForStageAsync($"{pipeline}", "s", "a", Record, AckLevel.Persisted);
        Assert.Equal(0, otherDatabase.Query("select count(*) from journal where persistence_id not like '%journal'"));
    }

    [Theory]
    [InlineData("conveyor.cluster.shards = 13", "conveyor.cluster.shards is 13 on this node and 12 on ")]
    [InlineData("conveyor.persistence = off", "conveyor.persistence is off on this node and on on ")]
    [InlineData(
        "conveyor.cluster.role = r, akka.cluster.roles = [r]",
        "conveyor.cluster.role is r on this node and not set on "
    )]
    public async Task A_node_with_another_setting_ends_with_an_error_that_names_it(string setting, string expected)
    {
        await using var cluster = await TestCluster.StartAsync(1);
        await using var other = new ClusterNode(cluster.Database, setting);
        Assert.Contains(expected, await RefusedAsync(other, cluster[0]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_with_another_role_that_is_up_before_the_cluster_has_replied_is_refused()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        await using var other = new ClusterNode(
            cluster.Database,
            "conveyor.cluster.role = r, akka.cluster.roles = [r]"
        );
        var guard = (IInternalActorRef)
            await cluster[0].System.ActorSelection("/system/conveyor-settings").ResolveOne(Until.Patience);
        guard.Suspend();
        var refused = RefusedAsync(other, cluster[0]);
        await Until.TrueAsync(() => other.Cluster.SelfMember.Status == MemberStatus.Up);
        guard.Resume();
        Assert.Contains(
            "conveyor.cluster.role is r on this node and not set on ",
            await refused,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_program_without_pipelines_is_refused_for_another_number_of_shards()
    {
        const string role = "conveyor.cluster.role = r";
        await using var cluster = await TestCluster.StartAsync(1, $"{role}, akka.cluster.roles = [r]");
        await using var program = new ClusterNode(
            cluster.Database,
            $"{role}, conveyor {{ persistence = off, cluster.shards = 13 }}"
        );
        Assert.Contains(
            "conveyor.cluster.shards is 13 on this node and 12 on ",
            await RefusedAsync(program, cluster[0]),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Only_the_differing_one_of_two_joining_nodes_ends()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        using var otherDatabase = new SqliteDatabase();
        await using var wrong = new ClusterNode(otherDatabase);
        await using var right = new ClusterNode(cluster.Database);
        wrong.Cluster.Join(cluster[0].Cluster.SelfAddress);
        right.Cluster.Join(cluster[0].Cluster.SelfAddress);
        await wrong.System.WhenTerminated.WaitAsync(Until.Patience);
        await Until.TrueAsync(() => right.Cluster.SelfMember.Status == MemberStatus.Up);
        for (var pipeline = 0; pipeline < 30; pipeline++)
            await right.Buffers.BufferForStageAsync($"{pipeline}", "s", "a", Record, AckLevel.Persisted);
        await Until.TrueAsync(() => cluster[0].Cluster.State.Members.Count == 2);
        Assert.False(right.System.WhenTerminated.IsCompleted);
    }

    [Fact]
    public async Task A_node_prints_its_settings_only_after_they_are_validated()
    {
        using var database = new SqliteDatabase();
        await using var node = new ClusterNode(database, "conveyor.persistence = off"); // no identity to wait for
        var guard = await node.System.ActorSelection("/system/conveyor-settings").ResolveOne(Until.Patience);
        var early = new List<Task<SettingsReply>>();
        for (var i = 0; i < 20; i++)
        {
            early.Add(guard.Ask<SettingsReply>(GetSettings.Instance, Until.Patience));
            await guard.Ask<ActorIdentity>(new Identify(i), Until.Patience); // the question was read
        }
        Assert.All(early, reply => Assert.False(reply.IsCompleted));
        await node.JoinAsync(node);
        Assert.All(await Task.WhenAll(early), reply => Assert.Equal("12", reply.Values["conveyor.cluster.shards"]));
    }

    [Fact]
    public async Task Nodes_that_start_together_over_an_empty_journal_agree_on_one_identity()
    {
        using var database = new SqliteDatabase();
        var nodes = Enumerable.Range(0, 3).Select(_ => new ClusterNode(database)).ToList();
        try
        {
            nodes.ForEach(n => n.Cluster.Join(nodes[0].Cluster.SelfAddress));
            for (var pipeline = 0; pipeline < 30; pipeline++)
                await nodes[pipeline % 3]
                    .Buffers.BufferForStageAsync($"{pipeline}", "s", "a", Record, AckLevel.Persisted);
            Assert.Equal(1, database.Query("select count(*) from journal where persistence_id like '%journal'"));
            Assert.All(nodes, n => Assert.False(n.System.WhenTerminated.IsCompleted));
        }
        finally
        {
            foreach (var node in Enumerable.Reverse(nodes))
                await node.DisposeAsync();
        }
    }

    /// <summary>Joins, waits until the node has ended itself, and returns what it said.</summary>
    static async Task<string> RefusedAsync(ClusterNode node, ClusterNode seed)
    {
        node.Cluster.Join(seed.Cluster.SelfAddress);
        await node.System.WhenTerminated.WaitAsync(Until.Patience);
        var reason = CoordinatedShutdown.Get(node.System).ShutdownReason;
        return Assert.IsType<SettingsDifferReason>(reason).Difference;
    }
}
