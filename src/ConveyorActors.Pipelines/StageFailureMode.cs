namespace ConveyorActors.Pipelines;

/// <summary>What a run does when a stage fails as a whole: when several lines in a row, each alone, fail alike, and no other line goes through.</summary>
public enum StageFailureMode
{
    /// <summary>
    /// A stage that has never succeeded in this run ends it. One that has is paused with growing waits, and goes on by itself once a line goes through. The
    /// default.
    /// </summary>
    Pause,

    /// <summary>The run ends.</summary>
    Stop,

    /// <summary>Each line is tried again and then a dead letter, as if it alone were what is wrong.</summary>
    DeadLetter,
}
