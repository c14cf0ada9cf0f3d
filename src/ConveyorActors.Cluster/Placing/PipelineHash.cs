using System.Text;

namespace ConveyorActors.Cluster.Placing;

/// <summary>A hash of a name that is the same in every process, on every machine and in every version: FNV-1a of its UTF-8 bytes.</summary>
static class PipelineHash
{
    const uint Offset = 2_166_136_261, Prime = 16_777_619;

    /// <summary>Returns the number of a pipeline's shard.</summary>
    public static int ShardOf(string pipeline, int shards)
    {
        var hash = Offset;
        foreach (var one in Encoding.UTF8.GetBytes(pipeline)) hash = (hash ^ one) * Prime;
        // The low bits of FNV are weak for short names that differ in the last letter.
        hash ^= hash >> 15;
        hash *= 0x85EBCA6B;
        hash ^= hash >> 13;
        return (int)(hash % (uint)shards);
    }
}
