namespace ConveyorActors.Storage;

/// <summary>What was not as it should be when a data directory was opened, and since.</summary>
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

    /// <summary>Adds a finding, unless it is in the list.</summary>
    public void Add(Finding finding)
    {
        lock (findings)
            if (!findings.Contains(finding))
                findings.Add(finding);
    }
}
