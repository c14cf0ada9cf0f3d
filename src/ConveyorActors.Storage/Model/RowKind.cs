namespace ConveyorActors.Storage.Model;

/// <summary>Specifies a table. The numbers are part of the format.</summary>
enum RowKind
{
    Head = 1,
    Queue = 2,
    SourceQueue = 3,
    Counts = 4,
    Group = 5,
    Tombstones = 6,
    Dead = 7,
    Seen = 8,
    Checkpoint = 9,
}
