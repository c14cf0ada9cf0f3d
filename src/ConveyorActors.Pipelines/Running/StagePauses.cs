namespace ConveyorActors.Pipelines.Running;

/// <summary>Tracks the stages that are paused because they fail as a whole, and how long they were paused.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class StagePauses(RunControl control)
{
    readonly Lock gate = new();
    readonly Dictionary<string, string> now = [];

    /// <summary>Gets the stages that are paused now, with the reasons.</summary>
    public IReadOnlyList<StagePause> Now
    {
        get
        {
            lock (gate)
                return now.Count == 0 ? [] : [.. now.Select(p => new StagePause(p.Key, p.Value))];
        }
    }

    public void Begin(string stage, string error)
    {
        lock (gate)
            now[stage] = error;
    }

    public void End(string stage, TimeSpan time)
    {
        string? error;
        lock (gate)
            now.Remove(stage, out error);
        control.Warn(
            FormattableString.Invariant(
                $"stage '{stage}' failed as a whole and was paused for {time.TotalSeconds:0.#} s: {error}"
            )
        );
    }
}
