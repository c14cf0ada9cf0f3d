namespace ConveyorActors.Actors.Pipelines;

static class ActorNames
{
    /// <summary>A name as part of an actor's path: the same when it can be, with %-escapes where it cannot. No two names have the same.</summary>
    public static string Escaped(string name) =>
        ActorPath.IsValidPathElement(name) && !name.Contains('%', StringComparison.Ordinal) ? name : Uri.EscapeDataString(name);
}
