// The page's script.
const name = "SoftmaxService";
document.title = name;
