namespace ConveyorActors.Packages.Tests.Docker;

/// <summary>The compose file, as far as it can be checked where no container runs.</summary>
public sealed class ComposeTests
{
    [Fact]
    public void There_are_three_nodes_and_their_database()
    {
        Assert.Equal(["node-1", "node-2", "node-3"], Compose.Nodes);
        Assert.Equal(4, Compose.Services.Count);
        foreach (var node in Compose.Nodes)
        {
            Assert.Equal(node, Compose.EnvironmentOf(node)["CONVEYOR_NODE_HOST"]);
            Assert.Contains("db", ((Dictionary<object, object>)Compose.Services[node]["depends_on"]).Keys);
        }
    }

    [Fact]
    public void The_nodes_are_built_from_the_Dockerfile()
    {
        foreach (var node in Compose.Nodes)
        {
            var build = (Dictionary<object, object>)Compose.Services[node]["build"];
            var context = Path.GetFullPath(
                Path.Combine(Repository.Root, Path.GetDirectoryName(Compose.Path)!, (string)build["context"])
            );
            Assert.Equal(Path.GetFullPath(Repository.Root), context.TrimEnd(Path.DirectorySeparatorChar));
            Assert.Equal(Dockerfile.Path, build["dockerfile"]);
            Assert.Single(Dockerfile.Of((string)build["target"], "ENTRYPOINT"));
        }
    }

    [Fact]
    public void Every_node_has_the_same_seeds_and_each_seed_is_a_node_at_its_port()
    {
        var port = Dockerfile.Of("node", "EXPOSE").Single().Arguments;
        foreach (var node in Compose.Nodes)
            Assert.Equal(
                Compose.Nodes.Select(n => $"{n}:{port}"),
                Compose.EnvironmentOf(node)["CONVEYOR_NODE_SEEDS"].Split(',')
            );
    }

    [Fact]
    public void The_journal_is_the_database_of_the_service_and_no_password_is_in_the_file()
    {
        var database = Compose.EnvironmentOf("db");
        foreach (var node in Compose.Nodes.Select(Compose.EnvironmentOf))
        {
            Assert.Equal(
                $"postgres:Host=db;Database={database["POSTGRES_DB"]};Username={database["POSTGRES_USER"]}",
                node["CONVEYOR_NODE_JOURNAL"]
            );
            Assert.Equal(database["POSTGRES_PASSWORD"], node["CONVEYOR_NODE_JOURNAL_PASSWORD"]);
        }
        Assert.StartsWith("${CONVEYOR_DB_PASSWORD:?", database["POSTGRES_PASSWORD"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_has_more_time_to_end_than_a_graceful_stop_needs()
    {
        Assert.Matches("(?m)^ +stop-within = 60 s$", Repository.Text("hocon/node.conf"));
        foreach (var node in Compose.Nodes)
            Assert.Equal("70s", Compose.Services[node]["stop_grace_period"]);
    }
}
