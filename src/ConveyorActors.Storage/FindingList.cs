namespace ConveyorActors.Storage;

/// <summary>The findings of opening a data directory and since.</summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class FindingList(IEnumerable<Finding> initial)
{
    readonly List<Finding> findings = [.. initial];

    public IReadOnlyList<Finding> All
    {
        get
        {
            lock (findings)
                return [.. findings];
        }
    }

    /// <summary>Adds a finding, unless the list contains it.</summary>
    public void Add(Finding finding)
    {
        lock (findings)
            if (!findings.Contains(finding))
                findings.Add(finding);
    }
}
