namespace ConveyorActors.Buffers.Stages;

/// <summary>Specifies the outcome of a record that leaves its lease.</summary>
enum SettleKind
{
    Completed,

    /// <summary>Completed; its room goes to the results of the hop.</summary>
    Hopped,

    /// <summary>Returned to its queue and charged a retry.</summary>
    Returned,
    ReturnedUncharged,
    DeadLettered,
}
