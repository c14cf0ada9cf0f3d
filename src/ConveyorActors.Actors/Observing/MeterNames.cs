namespace ConveyorActors.Actors.Observing;

/// <summary>
/// The values of the meter's tag <c>system</c>: an actor system's own name, with a number if another actor system in
/// this process has the same name.
/// </summary>
static class MeterNames
{
    static readonly Lock Gate = new();
    static readonly HashSet<string> Taken = new(StringComparer.Ordinal);
    static readonly Dictionary<ActorSystem, string> Systems = [];

    /// <summary>Returns the name of an actor system, which is reserved until the system has terminated.</summary>
    public static string Reserve(ActorSystem system)
    {
        var name = system.Name;
        lock (Gate)
        {
            if (Systems.TryGetValue(system, out var known))
                return known;
            for (var next = 2; !Taken.Add(name); next++)
                name = FormattableString.Invariant($"{system.Name}#{next}");
            Systems.Add(system, name);
        }
        _ = system.WhenTerminated.ContinueWith(
            _ => GiveBack(system),
            CancellationToken.None,
            TaskContinuationOptions.None,
            TaskScheduler.Default
        );
        return name;
    }

    static void GiveBack(ActorSystem system)
    {
        lock (Gate)
        {
            if (Systems.Remove(system, out var name))
                Taken.Remove(name);
        }
    }
}
