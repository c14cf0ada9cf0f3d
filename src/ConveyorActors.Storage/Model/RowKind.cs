namespace ConveyorActors.Storage.Model;

/// <summary>Specifies a table. The numbers are part of the format.</summary>
enum RowKind
{
    Head = 1,
    Queue = 2,
    Line = 3,
    Counts = 4,
    Group = 5,
    Gone = 6,
    Dead = 7,
    Seen = 8,
    Note = 9,
}
