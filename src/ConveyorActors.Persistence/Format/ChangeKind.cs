namespace ConveyorActors.Persistence.Format;

/// <summary>
/// The kinds of changes. The numbers are part of the format: never change one, add at the end.
/// </summary>
enum ChangeKind : byte
{
    Buffered = 1,
    Settled = 2,
    Returned = 3,
    DeadLettered = 4,
    Expired = 5,
    DeadLettersRemoved = 6,
    Parked = 7,
    Unparked = 8,
    Refused = 9,
    Remembered = 10,
    CheckpointSet = 11,
    Positioned = 12,
    SourceRemoved = 13,
    Offered = 14,
}
