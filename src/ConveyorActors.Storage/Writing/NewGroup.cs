using ConveyorActors.Storage.Model;

namespace ConveyorActors.Storage.Writing;

/// <summary>Records that arrived with this transaction and are not in a row yet.</summary>
sealed class NewGroup(Queue queue, long first, List<NewRecord> records)
{
    public Queue Queue { get; } = queue;

    public long First { get; } = first;

    public List<NewRecord> Records { get; } = records;

    public long Last => First + Records.Count - 1;
}

/// <summary>One of the new records.</summary>
record struct NewRecord(ConveyorRecord Record, int SourceQueue, long At, int Retries, bool IsRemoved);
