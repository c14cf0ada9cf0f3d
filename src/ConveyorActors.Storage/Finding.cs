namespace ConveyorActors.Storage;

/// <summary>How bad a finding is.</summary>
public enum FindingKind
{
    /// <summary>Worth knowing; nothing is missing.</summary>
    Remark,

    /// <summary>What had been written and never synced was lost: a power cut does that.</summary>
    TornTail,

    /// <summary>Something is missing or unreadable.</summary>
    Damage,
}

/// <summary>Something that is not as it should be in a data directory.</summary>
/// <param name="Kind">How bad it is.</param>
/// <param name="Place">Where: a file, or a table and a row.</param>
/// <param name="What">What is wrong, and what was done about it.</param>
public sealed record Finding(FindingKind Kind, string Place, string What)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Place}: {What}";
}
