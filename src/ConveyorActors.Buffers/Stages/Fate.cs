namespace ConveyorActors.Buffers.Stages;

/// <summary>What becomes of a record that leaves its lease.</summary>
enum Fate
{
    Completed,

    /// <summary>Completed, and its room goes along with its results.</summary>
    Hopped,

    /// <summary>Given back, with one retry more.</summary>
    Returned,
    ReturnedUncharged,
    DeadLettered,
}
