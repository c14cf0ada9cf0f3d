using ConveyorActors.Cli.Usage;

namespace ConveyorActors.Node.Running;

/// <summary>Formats the lines that a node prints about its configuration when it starts.</summary>
static class Banner
{
    public static IEnumerable<string> Format(NodeConfig given, Akka.Cluster.Cluster cluster)
    {
        var (self, roles) = (cluster.SelfAddress, given.Roles);
        yield return $"{Messages.Version}, node {self.Host}:{self.Port} of '{given.System}', roles {(roles.Count == 0 ? "none" : string.Join(", ", roles))}, "
            + $"{(given.IsFast ? "fast" : "balanced")} fail-over, {(given.Tls is null ? "no TLS between nodes" : "TLS between nodes")}{(Extensions.HasPbm ? ", pbm" : "")}";
        yield return $"journal: {given.Journal?.Shown ?? given.Config.GetString("akka.persistence.journal.plugin", "none")}";
        if (given.Seeds.Count == 0)
            yield return "seeds: none, a cluster of its own";
        else
            yield return $"seeds: {string.Join(", ", given.Seeds.Select(Joining.FormatSeed))}; joins within {DurationText.Format(given.SeedTimeout)}";
    }
}
