using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;
using ConveyorActors.Node.Arguments;
using ConveyorActors.Node.Clients;
using ConveyorActors.Node.Running;
using ConveyorActors.Node.Tests.Processes;

namespace ConveyorActors.Node.Tests.Clients;

public sealed class ClusterClientTests
{
    // Nobody is up before there are three: a program that joins stays at the door.
    const string Settings = """
        conveyor-node.journal = ""
        conveyor.persistence = off
        akka.remote.dot-netty.tcp.port = 0
        akka.cluster.min-nr-of-members = 3
        """;

    [Fact]
    public async Task A_program_removed_while_joining_joins_again()
    {
        using var seed = NodeStart.Create(NodeConfig.Create(new(), ConfigurationFactory.ParseString(Settings)));
        var cluster = Akka.Cluster.Cluster.Get(seed);
        cluster.Join(cluster.SelfAddress);
        var given = new NodeArguments
        {
            Seeds = [new("127.0.0.1", cluster.SelfAddress.Port!.Value)],
            SeedTimeout = NodeProcess.Patience,
        };
        var joining = ClusterClient.JoinAsync(given);
        var first = await JoiningAsync();
        cluster.Down(first.Address);
        var second = await JoiningAsync(except: first);
        Assert.False(joining.IsCompleted);
        await using var third = await ClusterClient.JoinAsync(given);
        await using var client = await joining.WaitAsync(NodeProcess.Patience);
        // What the seed node shows of its members follows what it has told them.
        Assert.True(
            await SpinAsync(() =>
                cluster.State.Members.Any(m =>
                    m.UniqueAddress.Equals(second.UniqueAddress) && m.Status == MemberStatus.Up
                )
            )
        );
        await seed.Terminate();

        async Task<Member> JoiningAsync(Member? except = null)
        {
            Member? found = null;
            Assert.True(
                await SpinAsync(() =>
                    (
                        found = cluster.State.Members.FirstOrDefault(m =>
                            m.Status == MemberStatus.Joining
                            && m.HasRole(ClusterClient.Role)
                            && !m.UniqueAddress.Equals(except?.UniqueAddress)
                        )
                    )
                        is not null
                )
            );
            return found!;
        }
    }

    [Fact]
    public async Task A_program_that_is_removed_repeatedly_reports_it_after_its_timeout()
    {
        using var seed = NodeStart.Create(NodeConfig.Create(new(), ConfigurationFactory.ParseString(Settings)));
        var cluster = Akka.Cluster.Cluster.Get(seed);
        cluster.Join(cluster.SelfAddress);
        var joining = ClusterClient.JoinAsync(
            new() { Seeds = [new("127.0.0.1", cluster.SelfAddress.Port!.Value)], SeedTimeout = TimeSpan.FromSeconds(3) }
        );
        Assert.True(
            await SpinAsync(() =>
            {
                foreach (
                    var member in cluster.State.Members.Where(m =>
                        m.Status == MemberStatus.Joining && m.HasRole(ClusterClient.Role)
                    )
                )
                    cluster.Down(member.Address);
                return joining.IsCompleted;
            })
        );
        var failure = await Assert.ThrowsAsync<NodeException>(() => joining);
        Assert.Contains(failure.ExitCode, (int[])[ExitCodes.Removed, ExitCodes.SeedOutOfReach]);
        Assert.DoesNotContain("settings of Akka.Cluster", failure.Message, StringComparison.Ordinal);
        await seed.Terminate();
    }

    [Fact]
    public async Task A_program_is_notified_that_all_nodes_have_left()
    {
        using var seed = NodeStart.Create(
            NodeConfig.Create(
                new(),
                ConfigurationFactory.ParseString(
                    Settings.Replace("members = 3", "members = 1", StringComparison.Ordinal)
                )
            )
        );
        var cluster = Akka.Cluster.Cluster.Get(seed);
        cluster.Join(cluster.SelfAddress);
        await using var client = await ClusterClient.JoinAsync(
            new() { Seeds = [new("127.0.0.1", cluster.SelfAddress.Port!.Value)], SeedTimeout = NodeProcess.Patience }
        );
        Assert.False(client.Ended.IsCompleted);
        await CoordinatedShutdown
            .Get(seed)
            .Run(CoordinatedShutdown.ClrExitReason.Instance)
            .WaitAsync(NodeProcess.Patience);
        await client.Ended.WaitAsync(NodeProcess.Patience);
        Assert.True(client.HasNoNodes);
    }

    static async Task<bool> SpinAsync(Func<bool> condition)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(began) > NodeProcess.Patience)
                return false;
            await Task.Delay(20);
        }
        return true;
    }
}
