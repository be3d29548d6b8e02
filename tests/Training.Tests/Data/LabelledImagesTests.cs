using SoftmaxService.Training.Data;

namespace SoftmaxService.Training.Tests.Data;

public sealed class LabelledImagesTests
{
    private static readonly byte[] TwoImages = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6];

    [Fact]
    public void ReadIdx_ImagesAndLabels_ComeTogether()
    {
        using var folder = new TemporaryFolder();
        IdxFolder.Write(folder, "train", TwoImages, [0, 0, 8, 1, 0, 0, 0, 2, 7, 9]);

        var images = LabelledImages.ReadIdx(folder.Path, "train", 10);

        Assert.Equal((2, 1, 3), (images.Count, images.Height, images.Width));
        Assert.Equal([7, 9], images.Labels);
        Assert.Equal([4, 5, 6], images.Slice(1..).Pixels);
        Assert.Equal([9], images.Slice(1..).Labels);
        Assert.Equal(0, images.Slice(2..2).Count);
    }

    [Fact]
    public void ReadIdx_FileMissing_NamesItAndItsFolder()
    {
        using var folder = new TemporaryFolder();

        var problem = Assert.Throws<FileNotFoundException>(() => LabelledImages.ReadIdx(folder.Path, "train", 10));

        Assert.Equal($"The data folder {folder.Path} has no train-images-idx3-ubyte.gz.", problem.Message);
    }

    [Fact]
    public void ReadIdx_MoreImagesThanLabels_SaysSo()
    {
        using var folder = new TemporaryFolder();
        IdxFolder.Write(folder, "train", TwoImages, [0, 0, 8, 1, 0, 0, 0, 1, 7]);

        var problem = Assert.Throws<InvalidDataException>(() => LabelledImages.ReadIdx(folder.Path, "train", 10));

        Assert.Equal(
            "train-labels-idx1-ubyte.gz has the dimensions [1]; for 2 images it must be [2].",
            problem.Message);
    }

    [Fact]
    public void ReadIdx_LabelOutOfRange_NamesTheImage()
    {
        using var folder = new TemporaryFolder();
        IdxFolder.Write(folder, "train", TwoImages, [0, 0, 8, 1, 0, 0, 0, 2, 7, 10]);

        var problem = Assert.Throws<InvalidDataException>(() => LabelledImages.ReadIdx(folder.Path, "train", 10));

        Assert.Equal("train-labels-idx1-ubyte.gz gives image 1 the class 10; there are 10 classes.", problem.Message);
    }

    [Fact]
    public void CountRight_RowsOfLogits_CountsTheLargest()
    {
        var images = new LabelledImages(1, 1, 1, [0, 0, 0], [1, 0, 2]);

        Assert.Equal(2, images.CountRight([0, 5, 1, /**/ -1, -2, -3, /**/ 4, 3, 2]));
    }
}
