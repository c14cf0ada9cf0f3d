namespace ConveyorActors.Buffers;

/// <summary>When an offer is answered, where a manager keeps its records on disk.</summary>
public enum Receipt : byte
{
    /// <summary>When the records are in the buffer. They are written soon after, with those of others.</summary>
    Memory,

    /// <summary>When the records are on disk as well, and would be there after a crash or a power cut.</summary>
    Disk,
}
