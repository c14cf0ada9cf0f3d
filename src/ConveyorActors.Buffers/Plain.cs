using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Buffers;

static class Plain
{
    /// <summary>
    /// The list as an array: serializers that write the name of a list's type cannot make the compiler's own lists
    /// again.
    /// </summary>
    public static IReadOnlyList<T> Array<T>(IReadOnlyList<T> list) => list is null or T[] ? list! : list.ToArray();

    /// <summary>As <see cref="Array{T}"/>; a list of a lease's records stays as it is, which is smaller.</summary>
    public static IReadOnlyList<BufferedRecord<T>> Records<T>(IReadOnlyList<BufferedRecord<T>> list) =>
        list is CopiedRecords<T> ? list : Array(list);
}
