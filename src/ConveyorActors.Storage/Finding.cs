namespace ConveyorActors.Storage;

/// <summary>Specifies the severity of a finding.</summary>
public enum FindingKind
{
    /// <summary>Useful information; nothing is missing.</summary>
    Remark,

    /// <summary>Changes that were written and never synced were lost, as after a power failure.</summary>
    TornTail,

    /// <summary>Data is missing or unreadable.</summary>
    Damage,
}

/// <summary>An irregularity in a data directory.</summary>
/// <param name="Kind">The severity.</param>
/// <param name="Place">The place: a file, or a table and a row.</param>
/// <param name="What">The irregularity, and how it was handled.</param>
public sealed record Finding(FindingKind Kind, string Place, string What)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Place}: {What}";
}
