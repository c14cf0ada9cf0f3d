namespace ConveyorActors.Pipelines.Running;

/// <summary>The stages that are paused because they fail as a whole, and how long they were paused.</summary>
/// <remarks>Safe for any thread.</remarks>
sealed class StagePauses(RunControl control)
{
    readonly Lock gate = new();
    readonly Dictionary<string, string> now = [];

    /// <summary>Returns each stage that is paused now, with the reason.</summary>
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
